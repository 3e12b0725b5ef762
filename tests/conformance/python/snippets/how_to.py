# https://docs.jina.ai/cloud-nativeness/kubernetes/, "Deploy a simple Flow"
from jina import Flow

f = (
    Flow(port=8080)
    .add(name='encoder', uses='jinahub+docker://CLIPEncoder')
    .add(name='indexer', uses='jinahub+docker://AnnLiteIndexer', uses_with={'dim': 512})
)

f.to_kubernetes_yaml('./k8s_flow', k8s_namespace='custom-namespace')
