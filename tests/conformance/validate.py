#!/usr/bin/env python3
"""Validates every object of YAML files against the strict schemas of Kubernetes versions.

usage: validate.py VERSION[,VERSION...] FILE...

Custom resources (ServiceMonitor) have no schema in Kubernetes; they are counted, and nothing else may be without one.
"""
import sys

import kubernetes_validate
import yaml

CUSTOM = {('monitoring.coreos.com/v1', 'ServiceMonitor')}


def main():
    versions, files = sys.argv[1].split(','), sys.argv[2:]
    checked = custom = 0
    faults = []
    for name in files:
        with open(name, encoding='utf-8') as f:
            objects = [d for d in yaml.safe_load_all(f) if d is not None]
        if not objects:
            faults.append(f'{name}: no objects')
        for obj in objects:
            label = f'{name}: {obj["kind"]}/{obj["metadata"]["name"]}'
            if (obj['apiVersion'], obj['kind']) in CUSTOM:
                custom += 1
                continue
            for version in versions:
                try:
                    kubernetes_validate.validate(obj, version, strict=True)
                    checked += 1
                except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as error:
                    faults.append(f'{label}: Kubernetes {version}: {str(error)[:300]}')
    print(f'{checked} validations, {custom} custom resources, {len(faults)} faults')
    print('\n'.join(faults[:50]))
    sys.exit(1 if faults or not checked else 0)


if __name__ == '__main__':
    main()
