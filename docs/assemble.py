#!/usr/bin/env python3
"""Writes the chapters of the site, from the documents of the repository and the help of the program.

    docs/assemble.py JINAFLOW OUT

`chapters.txt` lists the pages. The text is that of the sources: only the level of headings and the targets of links differ, and
pictures in Mermaid become images. A link that leads nowhere is an error.
"""
import html
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADING = re.compile(r'(#{1,6}) (.*)')


class Section:
    """A heading, the lines below it, and the sections below it."""

    def __init__(self, level, title):
        self.level, self.title, self.lines, self.sections, self.page = level, title, [], [], None

    def all(self):
        yield self
        for section in self.sections:
            yield from section.all()


def read(source):
    """A file as its first section."""
    text = re.sub(r'<!--mdtogo.*?-->\n', '', (ROOT / source).read_text())
    path, fence = [], None
    for line in text.splitlines():
        if mark := re.match(r'\s*(```+)', line):
            fence = None if fence and mark[1].startswith(fence) else fence or mark[1]
        heading = HEADING.fullmatch(line) if not fence else None
        if heading:
            section = Section(len(heading[1]), heading[2])
            # A further heading of level 1 is below the first one.
            while len(path) > 1 and path[-1].level >= section.level:
                path.pop()
            if path:
                path[-1].sections.append(section)
            path.append(section)
        else:
            path[-1].lines.append(line)
    return path[0]


def slug(title):
    """The anchor of a heading, as forges and mdBook make it."""
    return re.sub(r'[^\w\- ]', '', title.replace('`', '').lower()).strip().replace(' ', '-')


class Site:
    def __init__(self, program):
        self.program = program
        self.files = {}     # source -> its first section
        self.summary = []   # (depth, title, page), and (0, title, None) for a group
        self.pages = {}     # page -> (source, section), or text
        self.anchors = {}   # (source, anchor) -> (page, anchor)
        self.faults = []

    def run(self, *words):
        done = subprocess.run([self.program, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, cwd=ROOT)
        return done.stdout

    # Which page has what

    def add(self, page, title, content, depth=0):
        self.summary.append((depth, title, page))
        self.pages[page] = content

    def read_chapters(self):
        for line in (ROOT / 'docs/chapters.txt').read_text().splitlines():
            if line.startswith('#') or not line.strip():
                continue
            if line.startswith('['):
                self.summary.append((0, line.strip('[]'), None))
                continue
            line, _, short = line.partition(' | ')
            page, source = re.split(r'\s+', line.strip(), maxsplit=1)
            if source.startswith('! '):
                title, text = getattr(self, source[2:])()
                self.add(page, title, text)
                continue
            source, _, wanted = source.partition(' § ')
            if source not in self.files:
                self.files[source] = read(source)
            top = self.files[source]
            if wanted == '*':
                for section in top.sections:
                    section.page = page.replace('*', slug(section.title))
                    self.add(section.page, section.title, (source, section), 1)
                continue
            found = [section for section in top.all() if section.title == wanted] if wanted else [top]
            if len(found) != 1:
                sys.exit(f'assemble.py: {source} has {len(found)} headings {wanted!r}')
            found[0].page = page
            self.add(page, short or found[0].title, (source, found[0]))

    def find_anchors(self):
        for source, top in self.files.items():
            self.place(source, top, top.page, {})

    def place(self, source, section, page, taken):
        page = section.page or page
        anchor = slug(section.title)
        # A heading that repeats has a number.
        number = taken[anchor] = taken.get(anchor, -1) + 1
        here = '' if section.page else anchor
        self.anchors[source, f'{anchor}-{number}' if number else anchor] = (page, here)
        for below in section.sections:
            self.place(source, below, page, taken)

    # What is made here

    def commands(self):
        names = dict.fromkeys(re.findall(r'^  jinaflow ([a-z]+)', self.run('help'), re.M))
        names |= dict.fromkeys(re.findall(r'jinaflow ((?:\w+, )+\w+)', self.run('help'))[-1].split(', '))
        parts = [f'## jinaflow {name}\n\n```text\n{self.run("help", name).rstrip()}\n```\n' for name in names]
        return 'Commands', f'# Commands\n\n```text\n{self.run("help").rstrip()}\n```\n\n' + '\n'.join(parts)

    def differences(self):
        """The text of `jinaflow explain`: a line that is underlined begins a part, and a line without an indent a difference."""
        intro, *parts = re.split(r'^(.+)\n=+\n', self.run('explain'), flags=re.M)
        out = ['# Differences from Jina', '', '`jinaflow explain` prints this page. ' + ' '.join(intro.split()), '']
        for title, text in zip(parts[::2], parts[1::2]):
            out += [f'## {title}', '']
            for name, body in re.findall(r'^(\S.*)\n((?:(?: .*)?\n)*)', text + '\n', re.M):
                # A line with a label begins an item.
                items = re.sub(r'^ +(\w+): +', r'- **\1:** ', body, flags=re.M)
                out += [f'### {name}', '', items, ''] if items.strip() else [name, '']
        return 'Differences from Jina', '\n'.join(out)

    # Links

    def target(self, page, source, link):
        """The target of a link in a document, for a page."""
        if re.match(r'[a-z]+:', link):
            return link
        path, _, anchor = link.partition('#')
        file = os.path.normpath(os.path.join(os.path.dirname(source), path)) if path else source
        place = ROOT / file
        if not place.exists():
            self.faults.append(f'{source}: {link} does not exist')
            return link
        if place.is_dir() and f'{file}/README.md'.removeprefix('./') in self.files:
            file = f'{file}/README.md'.removeprefix('./')
        if file not in self.files:
            kind = 'tree' if place.is_dir() else 'blob'
            return f'{self.repository}/{kind}/main/{file}' + (f'#{anchor}' if anchor else '')
        to = (self.files[file].page, '')
        if anchor:
            if (file, anchor) not in self.anchors:
                self.faults.append(f'{source}: {link} is no heading')
                return link
            to = self.anchors[file, anchor]
        there = os.path.relpath(to[0], os.path.dirname(page) or '.')
        return there + (f'#{to[1]}' if to[1] else '')

    def prose(self, page, source, line):
        """A line outside of code: its links, and names of documents and of sections, which become links."""
        out, parts = [], re.split(r'(`[^`]*`|\]\([^)\s]+\))', line)
        for part, following in zip(parts, [*parts[1:], '']):
            if part.startswith('`'):
                out.append(part)
            elif part.startswith(']('):
                out.append(f']({self.target(page, source, part[2:-1])})')
            else:
                # The text of a link stays.
                text, label = part.rsplit('[', 1) if following.startswith('](') and '[' in part else (part, None)
                out.append(self.named(page, source, text) + ('' if label is None else '[' + label))
        return ''.join(out)

    def named(self, page, source, text):
        if not source.startswith('functions/'):
            return text

        def document(match):
            return f'[{match[0]}]({self.target(page, source, match[0])})'

        def section(match):
            anchor = slug(match[1])
            if ('functions/jinaflow/README.md', anchor) not in self.anchors:
                return match[0]
            return f'"[{match[1]}]({self.target(page, source, f"README.md#{anchor}")})"'

        text = re.sub(r'(?<![\w/.])(fields|options|codes)\.md\b', document, text)
        return re.sub(r'"([A-Z][^"]+)"', section, text)

    # Pages

    def body(self, page, source, section, level):
        """The lines of a section, with the sections below it that have no page of their own."""
        out = [f'{"#" * min(level, 6)} {section.title}']
        fence, block = None, []
        for line in section.lines:
            mark = re.match(r'\s*(```+)(\S*)', line)
            if mark and not fence:
                fence, kind, block = mark[1], mark[2], [line]
            elif fence:
                block.append(line)
                if mark and mark[1].startswith(fence):
                    out += self.picture(page, source, out, block) if kind == 'mermaid' else block
                    fence = None
            elif line.startswith('    ') and not re.match(r'\s*([-*]|\d+\.) ', line):
                out.append(line)
            else:
                line = self.prose(page, source, line)
                if source == 'functions/jinaflow/fields.md':
                    line = re.sub(r'^- `([^`]+)`(?: \((.*?)\))?: (.*)$', self.field, line)
                out.append(line)
        for below in section.sections:
            if below.page is None:
                out += [*self.body(page, source, below, level + 1)]
        return out

    def field(self, match):
        """A field as a heading, so that it has an address and is found. A field of `spec` can have the name of one of `metadata`."""
        name, kind, text = match.groups()
        # As in src/config/field_page.rs.
        anchor = f'{name}-2' if name in self.fields else name
        self.fields.add(name)
        return f'\n### `{name}` {{#{anchor}}}\n\n' + (f'*{kind}*\n\n' if kind else '') + text + '\n'

    def picture(self, page, source, before, block):
        """The image of a Flow, instead of its picture in Mermaid."""
        flows = re.findall(r'examples/\S+?/flow\.yml', '\n'.join(before[-6:]))
        if not flows or self.run('graph', flows[-1]).splitlines() != block[1:-1]:
            self.faults.append(f'{source}: the picture is not that of a Flow named before it')
            return block
        # A blank line would end the block of HTML.
        image = re.sub(r'\n\s*\n', '\n', self.run('graph', flows[-1], '--output', 'svg'))
        name = f'picture-{len(self.images)}.svg'
        self.images[name] = image
        return [f'![{html.escape(flows[-1])} on Kubernetes]({os.path.relpath(name, os.path.dirname(page) or ".")})']

    def children(self, page, source, section):
        """The pages that have parts of a document, for the end of its own page."""
        pages = [below for below in section.all() if below.page and below is not section]
        lines = [f'- [{below.title}]({os.path.relpath(below.page, os.path.dirname(page) or ".")})' for below in pages]
        if source == 'functions/jinaflow/codes.md':
            lines = []
            for below in pages:
                to = os.path.relpath(below.page, os.path.dirname(page))
                codes = [f'- <a id="{code.title}"></a>[{code.title}]({to}#{slug(code.title)})' for code in below.sections]
                lines += [f'## {below.title}', '', *codes, '']
        elif lines:
            lines = ['## On other pages', '', *lines]
        return ['', *lines] if lines else []

    def write(self, out):
        self.images, self.fields = {}, set()
        self.repository = re.search(r'^repository = "(.*)"', (ROOT / 'Cargo.toml').read_text(), re.M)[1]
        self.find_anchors()
        for page, content in self.pages.items():
            if not isinstance(content, str):
                source, section = content
                lines = self.body(page, source, section, 1) + self.children(page, source, section)
                content = '\n'.join(lines) + '\n'
            (out / page).parent.mkdir(parents=True, exist_ok=True)
            (out / page).write_text(content)
        for name, image in self.images.items():
            (out / name).write_text(image)
        lines = ['# Summary', '']
        for depth, title, page in self.summary:
            if page is None:
                lines += ['', f'# {title}', '']
            else:
                item = f'[{title}]({page})'
                lines.append(item if page == 'index.md' else f'{"  " * depth}- {item}')
        (out / 'SUMMARY.md').write_text('\n'.join(lines) + '\n')
        if self.faults:
            sys.exit('\n'.join(self.faults))


def main():
    site = Site(os.path.abspath(sys.argv[1]))
    site.read_chapters()
    site.write(pathlib.Path(sys.argv[2]))


main()
