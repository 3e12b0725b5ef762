from .executor import Ranker
