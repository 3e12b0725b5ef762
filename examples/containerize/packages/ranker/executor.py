from typing import Dict

from docarray import DocList
from jina import Executor, requests
from scores import score

from .documents import Match


class Ranker(Executor):
    """Gives each document a score for `parameters.query`."""

    @requests
    def rank(self, docs: DocList[Match], parameters: Dict = {}, **kwargs) -> DocList[Match]:
        for doc in docs:
            doc.score = score(doc.text, parameters.get('query', ''))
        return docs
