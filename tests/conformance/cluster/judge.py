"""Judges the answers of a Flow on the cluster, with the judge of the stand-in (../kubelet):

    python3 judge.py FLOW COMMAND…

COMMAND runs ../kubelet/client.py in a pod. FLOW is the Flow as Jina reads it. Each line of standard input is a question; each
line of standard output is a report about it. Both are JSON. The questions:

    {"entries": [PROTOCOL://HOST:PORT…], "endpoint": …, "number": documents, "tag": …}
    {"metrics": [HOST:PORT…]}      containers that must have metrics of Jina
    {"refused": [PROTOCOL://HOST:PORT…]}      addresses that must refuse the client
"""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../kubelet'))
from client_pod import ClientPod  # noqa: E402
from questions import Questions  # noqa: E402


def main(flow, *command):
    with open(flow) as file:
        # The program starts in a folder with the Flow. One pod can run several.
        start = 'mkdir /tmp/$$ && cd /tmp/$$ && printf %s "$1" > flow.yml && exec python3 /load/client.py'
        command += 'sh', '-c', start, 'sh', file.read()
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    failures = []
    questions = Questions(ClientPod(process), [], 60, lambda code, where, what: failures.append({'code': code, 'where': where, 'what': what}))
    for line in sys.stdin:
        question = json.loads(line)
        if 'metrics' in question:
            questions.scrape(question['metrics'])
        elif 'refused' in question:
            questions.refused(question['refused'])
        else:
            requests = questions.requests(question['endpoint'], question['number'], question['tag'], question['entries'])
            questions.judge_all(questions.client.send(requests))
        print(json.dumps({'failures': failures, 'served': questions.take_served(), 'hops': questions.judge.hops}), flush=True)
        failures.clear()
    process.stdin.close()
    process.wait()


main(*sys.argv[1:])
