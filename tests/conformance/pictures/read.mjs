// Reads pictures with the real Mermaid and the real Graphviz, and Markdown with marked. Standard input is a JSON list of
// {"mermaid": TEXT}, {"dot": TEXT} and {"markdown": TEXT}. The answer is a list: for each text what the program has understood, or
// {"error": MESSAGE}. For Markdown, it is the kinds of the blocks, the number of cells of each row, the kinds in the cells, and code.
//   nodes: [[ID, LABEL], …]    links: [[FROM, TO, LABEL], …]    groups: [TITLE, …]    markdown: what Markdown would change
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

// The packages are in the folder of tools, which is the first argument.
const tools = createRequire(path.join(process.argv[2], 'package.json'));
const load = async (name, file) => import(pathToFileURL(file ? path.join(process.argv[2], 'node_modules', file) : tools.resolve(name)));

// DOMPurify, with which Mermaid cleans labels, needs a document.
const { JSDOM } = await load('jsdom');
const { window } = new JSDOM('<body></body>');
globalThis.window = window;
globalThis.document = window.document;
const { default: mermaid } = await load('mermaid', 'mermaid/dist/mermaid.core.mjs');
const { marked } = await load('marked', 'marked/lib/marked.esm.js');
const { Graphviz } = await load('@hpcc-js/wasm-graphviz', '@hpcc-js/wasm-graphviz/dist/index.js');
mermaid.initialize({ startOnLoad: false, securityLevel: 'strict', maxTextSize: 10_000_000, maxEdges: 100_000 });

// Mermaid keeps entities in this form until it draws.
const decoded = (label) => label.replace(/ﬂ°°(\d+)¶ß/g, (_, code) => String.fromCodePoint(Number(code))).replaceAll('<br>', '\n').replaceAll('<br/>', '\n');

// A space without width only separates characters.
const shown = (label) => decoded(label).replaceAll('\u200b', '');

// Mermaid reads labels as Markdown before it decodes entities (`markdownToHTML` in createText.ts).
const changedByMarkdown = (label) => {
  const plain = (node) => ['text', 'space', 'html'].includes(node.type) || (node.type === 'paragraph' && node.tokens.every(plain));
  return marked.lexer(label).every(plain) && !/\$\$|fa[bklrs]?:fa-/.test(decoded(label)) ? [] : [label];
};

const readMermaid = async (text) => {
  const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
  const vertices = [...db.getVertices().values()];
  const labels = [...vertices.map((node) => node.text), ...db.getEdges().map((edge) => edge.text), ...db.getSubGraphs().map((group) => group.title)];
  return {
    nodes: vertices.map((node) => [node.id, shown(node.text)]),
    links: db.getEdges().map((edge) => [edge.start, edge.end, shown(edge.text)]),
    groups: db.getSubGraphs().map((group) => shown(group.title)),
    markdown: labels.flatMap(changedByMarkdown),
  };
};

// An instance that has drawn several pictures fails with `table index is out of bounds`, so each picture has its own.
const readDot = async (text) => {
  Graphviz.unload();
  const graphviz = await Graphviz.load();
  const graph = JSON.parse(graphviz.layout(text, 'json', 'dot'));
  // Graphviz keeps escapes and entities of labels.
  const label = (text) => (text ?? '').replace(/\\(.)/g, (_, c) => (c === 'n' ? '\n' : c)).replaceAll('&amp;', '&');
  const objects = graph.objects ?? [];
  const isGroup = (object) => object.nodes !== undefined || object.subgraphs !== undefined;
  return {
    nodes: objects.filter((object) => !isGroup(object)).map((object) => [object.name, label(object.label)]),
    links: (graph.edges ?? []).map((edge) => [objects[edge.tail].name, objects[edge.head].name, label(edge.label)]),
    groups: objects.filter(isGroup).map((object) => label(object.label)),
    markdown: [],
  };
};

const readMarkdown = (text) => {
  const blocks = marked.lexer(text).filter((block) => block.type !== 'space');
  const rows = blocks.filter((block) => block.type === 'table').flatMap((table) => table.rows);
  const inline = rows.flat().flatMap((cell) => cell.tokens);
  return {
    blocks: blocks.map((block) => block.type),
    cells: rows.map((row) => row.length),
    inline: [...new Set(inline.map((token) => (token.type === 'html' ? token.raw : token.type)))],
    code: blocks.filter((block) => block.type === 'code').map((block) => block.text),
  };
};

const answers = [];
for (const { mermaid: flowchart, dot, markdown } of JSON.parse(fs.readFileSync(0, 'utf8'))) {
  try {
    answers.push(await (markdown !== undefined ? readMarkdown(markdown) : flowchart === undefined ? readDot(dot) : readMermaid(flowchart)));
  } catch (error) {
    answers.push({ error: String(error.message ?? error) });
  }
}
process.stdout.write(JSON.stringify(answers));
