// Reads an OpenAPI 3.0 description as JSON, and writes its 3.1 edition. Run where the Node.js tools are.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const require = createRequire(process.cwd() + '/');
const { upgrade } = await import(pathToFileURL(require.resolve('@scalar/openapi-upgrader')));
process.stdout.write(JSON.stringify(upgrade(JSON.parse(readFileSync(0, 'utf8')), '3.1')));
