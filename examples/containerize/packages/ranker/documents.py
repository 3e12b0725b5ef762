from docarray import BaseDoc


class Match(BaseDoc):
    text: str = ''
    score: float = 0
