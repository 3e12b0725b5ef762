# https://docs.jina.ai/concepts/executor/serve/, "External and shared Executors"
from jina import Executor

Executor.to_kubernetes_yaml(
    output_base_path='./config_out_folder',
    uses='jinaai+docker://jina-ai/DummyHubExecutor',
    executor_type=Executor.StandaloneExecutorType.SHARED,
)
