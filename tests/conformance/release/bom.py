#!/usr/bin/env python3
"""Validates a bill of materials with the schema of CycloneDX, and compares it with the one that maturin has put into a wheel.

usage: bom.py BOM WHEEL
"""
import json
import sys
import zipfile

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

bom_file, wheel_file = sys.argv[1:]
with open(bom_file) as file:
    text = file.read()
validator = JsonStrictValidator(SchemaVersion.V1_6)
error = validator.validate_str(text)
assert error is None, error
assert validator.validate_str(text.replace('"SHA-256"', '"SHA-255"', 1)) is not None, 'the validator accepts anything'

bom = json.loads(text)
ours = {component['purl'] for component in bom['components']}
with zipfile.ZipFile(wheel_file) as wheel:
    [name] = [name for name in wheel.namelist() if name.endswith('.cyclonedx.json')]
    other = json.loads(wheel.read(name))
theirs = {component['purl'].split('?')[0] for component in other['components']}
# The wheel is for Linux; the programs of other systems have no allocator of their own.
is_linux = any(row['value'].endswith('-linux-musl') for row in bom['metadata']['component']['properties'])
assert ours == theirs if is_linux else ours < theirs, f'only ours: {sorted(ours - theirs)}; only of maturin: {sorted(theirs - ours)}'

known = {bom['metadata']['component']['bom-ref'], *(component['bom-ref'] for component in bom['components'])}
reached, waiting = set(), [bom['metadata']['component']['bom-ref']]
edges = {row['ref']: row['dependsOn'] for row in bom['dependencies']}
while waiting:
    reference = waiting.pop()
    if reference not in reached:
        reached.add(reference)
        waiting += edges[reference]
assert reached == known == set(edges), reached ^ known
assert all(component['hashes'] for component in bom['components'])
print(f'{len(ours)} crates')
