#!/usr/bin/env python3
"""Validates every object of YAML files against the strict schemas of Kubernetes versions.

usage: validate.py VERSION[,VERSION...] FILE...

VERSION may be FIRST-LAST, which means every minor version between them that has schemas. Custom resources have no
schema in Kubernetes and are only counted; `apiserver.rs` validates them. All other objects must have a schema.
"""
import functools
import json
import multiprocessing
import sys

import jsonschema
import yaml
from kubernetes_validate import utils
from referencing import Registry, Resource

CUSTOM = {
    ('monitoring.coreos.com/v1', 'ServiceMonitor'),
    ('monitoring.coreos.com/v1', 'PodMonitor'),
    ('monitoring.coreos.com/v1', 'PrometheusRule'),
    ('gateway.networking.k8s.io/v1', 'HTTPRoute'),
    ('gateway.networking.k8s.io/v1', 'GRPCRoute'),
    ('keda.sh/v1alpha1', 'ScaledObject'),
}


def contents(version, name):
    return utils.schema_contents(f'kubernetes-json-schema/v{version}.0-local-strict/{name}.json', version)


@functools.cache
def validator(version, api_version, kind):
    """A cached validator. `kubernetes_validate.validate` creates a new one for each object, which takes a hundred times as long."""
    group, _, group_version = api_version.rpartition('/')
    schema = contents(version, '-'.join(filter(None, (kind.lower(), group.partition('.')[0], group_version))))
    registry = Resource.from_contents(contents(version, '_definitions')) @ (Resource.from_contents(schema) @ Registry())
    # Without `crawl`, each reference searches all definitions for anchors.
    return jsonschema.Draft202012Validator(schema, registry=registry.crawl())


def faults_of(task):
    """The faults of labelled objects in one version."""
    version, objects = task
    faults = []
    for label, obj in objects:
        try:
            validator(version, obj['apiVersion'], obj['kind']).validate(obj)
        except FileNotFoundError:
            faults.append(f'{label}: Kubernetes {version}: no schema')
        except jsonschema.ValidationError as error:
            faults.append(f'{label}: Kubernetes {version}: {str(error)[:300]}')
    return faults


def minors(words):
    """The versions of the first argument."""
    known = list(dict.fromkeys(utils.major_minor(version) for version in utils.all_versions()))
    for word in words.split(','):
        first, _, last = word.partition('-')
        yield from known[known.index(first):known.index(last or first) + 1]


def main():
    versions, files = list(minors(sys.argv[1])), sys.argv[2:]
    custom = 0
    objects, faults = {}, []
    for name in files:
        with open(name, encoding='utf-8') as f:
            read = [d for d in yaml.load_all(f, Loader=yaml.CSafeLoader) if d is not None]
        if not read:
            faults.append(f'{name}: no objects')
        for obj in read:
            if (obj['apiVersion'], obj['kind']) in CUSTOM:
                custom += 1
                continue
            # Many Flows have the same gateway.
            objects.setdefault(json.dumps(obj), (f'{name}: {obj["kind"]}/{obj["metadata"]["name"]}', obj))
    with multiprocessing.Pool() as pool:
        for found in pool.imap(faults_of, [(version, list(objects.values())) for version in versions]):
            faults += found
    print(f'{len(objects) * len(versions)} validations in {len(versions)} versions, {custom} custom resources, {len(faults)} faults')
    print('\n'.join(faults[:50]))
    sys.exit(1 if faults or not objects else 0)


if __name__ == '__main__':
    main()
