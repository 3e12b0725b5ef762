#!/usr/bin/env python3
"""Fails if a link within a built site leads nowhere, or if its search knows no page.

    docs/links.py SITE
"""
import html.parser
import os
import pathlib
import sys
import urllib.parse


class Page(html.parser.HTMLParser):
    def __init__(self, file):
        super().__init__()
        self.links, self.ids = [], set()
        self.feed(file.read_text())

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ('id', 'name'):
                self.ids.add(value)
            if name in ('href', 'src') and value:
                self.links.append(value)


def main():
    site = pathlib.Path(sys.argv[1])
    pages = {file.relative_to(site).as_posix(): Page(file) for file in sorted(site.rglob('*.html'))}
    faults, count = [], 0
    for name, page in pages.items():
        # 404.html is shown at any address, and has `<base>`.
        for link in page.links if name != '404.html' else []:
            parts = urllib.parse.urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            count += 1
            path = urllib.parse.unquote(parts.path)
            to = os.path.normpath(os.path.join(os.path.dirname(name), path)) if path else name
            if not (site / to).is_file():
                faults.append(f'{name}: {link} does not exist')
            elif parts.fragment and to in pages and urllib.parse.unquote(parts.fragment) not in pages[to].ids:
                faults.append(f'{name}: {link} has no such anchor')
    if faults:
        sys.exit('\n'.join(sorted(set(faults))))
    print(f'{len(pages)} pages, {count} links')


main()
