# https://docs.jina.ai/concepts/orchestration/, "Export", the tab "Deployment", with the parentheses that are missing there
from jina import Deployment

dep = Deployment()
dep.to_kubernetes_yaml('dep_k8s_configuration')
