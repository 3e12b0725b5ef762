"""Enforces NetworkPolicies like a network plugin, with the packet filter of each pod's network.

https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""
import subprocess

from manifests import Refused, matches
from node import NODE


def apply(objects, pods):
    """Configures the allowed incoming and outgoing connections of every pod."""
    policies = objects.kind('NetworkPolicy')
    for pod in pods if policies else []:
        near = [policy['spec'] for policy in policies if objects.namespace_of(policy) == pod.namespace]
        mine = [spec for spec in near if selects(spec['podSelector'], pod)]
        lines = ['*filter', ':INPUT ACCEPT', ':OUTPUT ACCEPT']
        lines += filter_lines('INPUT', '-s', 'Ingress', 'from', mine, pod, pods)
        lines += filter_lines('OUTPUT', '-d', 'Egress', 'to', mine, pod, pods)
        restore = ['nsenter', '-t', str(pod.pause), '-n', '--', 'iptables-restore']
        subprocess.run(restore, input='\n'.join(lines + ['COMMIT', '']), text=True, check=True)


def selects(selector, pod):
    """An empty selector selects all."""
    if set(selector) - {'matchLabels'}:
        raise Refused(f'the sandbox does not know {selector}')
    return not selector or matches(selector['matchLabels'], pod.labels)


def filter_lines(chain, side, kind, peers, policies, pod, pods):
    """The rules for the traffic that the policies allow. If there is a policy, other traffic is refused, except probes of the node."""
    policies = [spec for spec in policies if kind in spec['policyTypes']]
    if not policies:
        return
    yield f'-A {chain} -i lo -j ACCEPT' if chain == 'INPUT' else f'-A {chain} -o lo -j ACCEPT'
    yield f'-A {chain} -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT'
    if chain == 'INPUT':
        yield f'-A {chain} -s {NODE} -j ACCEPT'
    for rule in (rule for spec in policies for rule in spec.get(kind.lower()) or []):
        for address in addresses(rule.get(peers), pod, pods):
            for port in rule.get('ports') or [{}]:
                match = f'-p {port["protocol"].lower()} --dport {port["port"]}' if port else ''
                yield f'-A {chain} {side} {address} {match} -j ACCEPT'
    yield f'-A {chain} -p tcp -j REJECT --reject-with tcp-reset'
    yield f'-A {chain} -j REJECT'


def addresses(peers, pod, pods):
    """The addresses of a rule's peers; a rule without peers is for all addresses."""
    if not peers:
        return ['0.0.0.0/0']
    for peer in peers:
        if set(peer) != {'podSelector'}:
            raise Refused(f'the sandbox does not know {peer}')
    near = [other for other in pods if other.namespace == pod.namespace]
    return [other.address for other in near if any(selects(peer['podSelector'], other) for peer in peers)]
