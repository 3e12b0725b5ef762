#!/usr/bin/env python3
"""Prints the bill of materials of the program for one target, as CycloneDX 1.6.

    release/sbom.py TARGET

It lists the crates that are compiled into the program, with the checksums of Cargo.lock. Two runs for one commit print the same.
"""
import datetime
import json
import os
import pathlib
import subprocess
import sys
import tomllib
import uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent


def output(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def purl(package: dict) -> str:
    return f"pkg:cargo/{package['name']}@{package['version']}"


def needed(metadata: dict) -> dict:
    """The crates of the program, each with the crates that it uses: neither tests nor build scripts are part of the program."""
    nodes = {node['id']: node for node in metadata['resolve']['nodes']}
    found, waiting = {}, [metadata['resolve']['root']]
    while waiting:
        identity = waiting.pop()
        if identity not in found:
            normal = [dep['pkg'] for dep in nodes[identity]['deps'] if any(kind['kind'] is None for kind in dep['dep_kinds'])]
            found[identity] = normal
            waiting += normal
    return found


def component(package: dict, kind: str, checksums: dict) -> dict:
    described = {'type': kind, 'bom-ref': purl(package), 'purl': purl(package)}
    described.update(name=package['name'], version=package['version'])
    if package['description']:
        described['description'] = ' '.join(package['description'].split())
    # Crates before 2018 write `MIT/Apache-2.0`, which is no SPDX expression.
    described['licenses'] = [{'expression': package['license'].replace('/', ' OR ')}]
    checksum = checksums.get((package['name'], package['version']))
    if checksum:
        described['hashes'] = [{'alg': 'SHA-256', 'content': checksum}]
    if package['repository']:
        described['externalReferences'] = [{'type': 'vcs', 'url': package['repository']}]
    return described


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit('usage: sbom.py TARGET')
    target = sys.argv[1]
    metadata = json.loads(output('cargo', 'metadata', '--locked', '--format-version', '1', '--filter-platform', target))
    packages = {package['id']: package for package in metadata['packages']}
    lock = tomllib.loads((ROOT / 'Cargo.lock').read_text())
    checksums = {(row['name'], row['version']): row['checksum'] for row in lock['package'] if 'checksum' in row}
    edges = needed(metadata)
    root = packages[metadata['resolve']['root']]
    crates = sorted((packages[identity] for identity in edges if identity != root['id']), key=purl)

    epoch = int(os.environ.get('SOURCE_DATE_EPOCH') or output('git', 'log', '-1', '--format=%ct'))
    commit = output('git', 'rev-parse', 'HEAD')
    program = component(root, 'application', checksums)
    program['properties'] = [{'name': 'jinaflow:target', 'value': target}, {'name': 'jinaflow:commit', 'value': commit}]
    bom = {
        '$schema': 'http://cyclonedx.org/schema/bom-1.6.schema.json',
        'bomFormat': 'CycloneDX',
        'specVersion': '1.6',
        'serialNumber': uuid.uuid5(uuid.NAMESPACE_URL, f'{purl(root)}?target={target}&commit={commit}').urn,
        'version': 1,
        'metadata': {
            'timestamp': datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ'),
            'tools': {'components': [{'type': 'application', 'name': 'release/sbom.py', 'version': root['version']}]},
            'component': program,
        },
        'components': [component(crate, 'library', checksums) for crate in crates],
        'dependencies': [
            {'ref': purl(packages[identity]), 'dependsOn': sorted(purl(packages[other]) for other in edges[identity])}
            for identity in sorted(edges, key=lambda identity: purl(packages[identity]))
        ],
    }
    print(json.dumps(bom, indent=2))


main()
