import hashlib
from typing import List

from docarray import BaseDoc, DocList
from jina import Executor, requests


class Text(BaseDoc):
    text: str = ''
    embedding: List[float] = []


class Encoder(Executor):
    """Gives each document an embedding of `dim` numbers."""

    def __init__(self, dim: int = 8, **kwargs):
        super().__init__(**kwargs)
        self.dim = dim

    @requests
    def encode(self, docs: DocList[Text], **kwargs) -> DocList[Text]:
        for doc in docs:
            digest = hashlib.shake_128(doc.text.encode()).digest(self.dim)
            doc.embedding = [byte / 255 for byte in digest]
        return docs
