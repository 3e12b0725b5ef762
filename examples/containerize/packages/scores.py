def score(text: str, query: str) -> float:
    """The part of the words of the query that the text has."""
    words = set(query.lower().split())
    return len(words & set(text.lower().split())) / max(len(words), 1)
