# https://docs.jina.ai/cloud-nativeness/kubernetes/, "Deploy Flow with shards and replicas"
from jina import Flow

f = (
    Flow(port=8080)
    .add(name='encoder', uses='jinahub+docker://CLIPEncoder', replicas=2)
    .add(
        name='indexer',
        uses='jinahub+docker://ANNLiteIndexer',
        uses_with={'dim': 512},
        shards=2,
    )
)

f.to_kubernetes_yaml('./k8s_flow', k8s_namespace='custom-namespace')
