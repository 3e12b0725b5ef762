# https://docs.jina.ai/concepts/executor/serve/, "Serve via Kubernetes", with another folder
from jina import Executor

Executor.to_kubernetes_yaml(
    output_base_path='./config_out_folder',
    port_expose=8080,
    uses='jinaai+docker://jina-ai/DummyHubExecutor',
    executor_type=Executor.StandaloneExecutorType.EXTERNAL,
)
