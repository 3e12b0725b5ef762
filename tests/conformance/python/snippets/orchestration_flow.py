# https://docs.jina.ai/concepts/orchestration/, "Export", the tab "Flow"
from jina import Flow

f = Flow().add()
f.to_kubernetes_yaml('flow_k8s_configuration')
