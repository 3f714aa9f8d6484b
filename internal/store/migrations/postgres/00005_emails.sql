-- +goose Up
-- An e-mail address may be of users of several companies, none of which learns of
-- the others, and the operator's.
CREATE UNIQUE INDEX users_email_of_company ON users (email, company);
DROP INDEX users_email;
