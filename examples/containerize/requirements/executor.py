from docarray import BaseDoc, DocList
from jina import Executor, requests
from text_unidecode import unidecode


class Text(BaseDoc):
    text: str = ''


class Normalizer(Executor):
    """Writes the text of each document in ASCII and in lower case."""

    @requests
    def normalize(self, docs: DocList[Text], **kwargs) -> DocList[Text]:
        for doc in docs:
            doc.text = unidecode(doc.text).lower()
        return docs
