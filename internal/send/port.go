package send

import (
	"net/url"
	"slices"
	"strconv"
)

// CheckPort returns nil if connections to a port may be made. Where the operator
// names no ports, those of other services are refused, as browsers do: a request
// must not become a command to a mail server or a database.
func (g *Guard) CheckPort(port uint16) error {
	if len(g.ports) > 0 {
		if slices.Contains(g.ports, port) {
			return nil
		}
		return refuse("port %d is none of those that the operator of this server allows (--allow-port)", port)
	}
	if name, ok := otherServices()[port]; ok {
		return refuse("port %d belongs to another service, %s; use the receiver's https port, "+
			"or have the operator name the ports to be used with --allow-port", port, name)
	}
	return nil
}

// portOf returns the port that a URL leads to, 0 if it isn't one.
func portOf(u *url.URL) uint16 {
	if u.Port() == "" {
		return httpsPort
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil {
		return 0
	}
	return uint16(n)
}

const httpsPort = 443

// otherServices returns well-known ports on which no webhook receiver listens.
func otherServices() map[uint16]string {
	return map[uint16]string{
		7: "echo", 19: "chargen", 20: "FTP", 21: "FTP", 22: "SSH", 23: "Telnet",
		25: "mail", 465: "mail", 587: "mail", 110: "mail", 995: "mail", 143: "mail", 993: "mail",
		53: "DNS", 853: "DNS", 111: "RPC", 123: "NTP", 161: "SNMP", 179: "BGP", 389: "LDAP", 636: "LDAP",
		135: "Windows RPC", 137: "NetBIOS", 138: "NetBIOS", 139: "NetBIOS", 445: "Windows file sharing",
		512: "remote execution", 513: "remote login", 514: "syslog", 873: "rsync", 2049: "NFS",
		1433: "SQL Server", 1521: "Oracle", 3306: "MySQL", 5432: "PostgreSQL", 6379: "Redis",
		9042: "Cassandra", 11211: "memcached", 27017: "MongoDB",
		3389: "remote desktop", 5060: "SIP", 5061: "SIP", 5900: "VNC", 6000: "X11", 6667: "IRC", 6697: "IRC",
	}
}
