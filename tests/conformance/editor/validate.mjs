// Validates YAML as editors do: with yaml-language-server, which VS Code, Neovim and Eclipse use.
//
// usage: node validate.mjs SCHEMA < DOCUMENTS
//
// DOCUMENTS is a JSON list of texts. The output is a JSON list with the faults of each text: [line, message], lines from 1.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const require = createRequire(process.env.EDITOR_MODULES + '/');
const { getLanguageService } = require('yaml-language-server/out/server/src/languageservice/yamlLanguageService.js');
const { TextDocument } = require('vscode-languageserver-textdocument');

const schema = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const service = getLanguageService({
  schemaRequestService: async (uri) => { throw new Error(`${uri} is not there: a schema needs no other file`); },
  workspaceContext: { resolveRelativePath: (path) => path },
  telemetry: { send() {}, sendError() {}, sendTrack() {} },
});
service.configure({
  validate: true,
  customTags: ['!Flow mapping', '!Deployment mapping'],
  // The address in the schema is not asked for.
  schemas: [{ uri: 'file:///schema.json', fileMatch: ['*'], schema: { ...schema, $id: undefined } }],
});
const out = [];
for (const [number, text] of JSON.parse(readFileSync(0, 'utf8')).entries()) {
  const document = TextDocument.create(`file:///${number}.yaml`, 'yaml', 1, text);
  const faults = await service.doValidation(document, false);
  out.push(faults.map(({ range, message }) => [range.start.line + 1, message]));
}
console.log(JSON.stringify(out));
