#!/usr/bin/env python3
"""Checks documents against a JSON Schema.

usage: check_schema.py SCHEMA FILE      FILE holds a JSON list of [name, document]

Prints each fault and exits with 1 if there is any.
"""
import json
import sys

import jsonschema

schema = json.load(open(sys.argv[1], encoding='utf-8'))
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
documents = json.load(open(sys.argv[2], encoding='utf-8'))
faults = 0
for name, document in documents:
    for fault in validator.iter_errors(document):
        print(f'{name}: {"/".join(map(str, fault.absolute_path))}: {fault.message[:200]}')
        faults += 1
print(f'{len(documents)} documents, {faults} faults')
sys.exit(1 if faults else 0)
