// Checks our documents, named as arguments, against the schemas of OpenAPI 3.1 and 3.0,
// and makes types and readers of them. They are read from documents and put into src.
import { readFile } from "node:fs/promises";
import { createClient } from "@hey-api/openapi-ts";
import { Validator } from "@seriousme/openapi-schema-validator";

for (const name of process.argv.slice(2)) {
  const document = JSON.parse(await readFile(`documents/${name}.json`, "utf8"));
  const older = JSON.parse(await readFile(`documents/${name}.3.0.json`, "utf8"));
  for (const each of [document, older]) {
    const checked = await new Validator().validate(structuredClone(each));
    if (!checked.valid) throw new Error(`${name}, ${each.openapi}: ${JSON.stringify(checked.errors)}`);
  }
  await createClient({
    input: document,
    output: { path: `src/${name}`, clean: true },
    plugins: ["@hey-api/typescript", "zod"],
    logs: { level: "error" },
  });
}
