// Checks our documents against the schema of OpenAPI 3.1 and makes types and readers
// of those named as arguments. They are read from documents and put into src.
import { readFile } from "node:fs/promises";
import { createClient } from "@hey-api/openapi-ts";
import { Validator } from "@seriousme/openapi-schema-validator";

for (const name of process.argv.slice(2)) {
  const document = JSON.parse(await readFile(`documents/${name}.json`, "utf8"));
  const checked = await new Validator().validate(structuredClone(document));
  if (!checked.valid) throw new Error(`${name}: ${JSON.stringify(checked.errors)}`);
  await createClient({
    input: document,
    output: { path: `src/${name}`, clean: true },
    plugins: ["@hey-api/typescript", "zod"],
    logs: { level: "error" },
  });
}
