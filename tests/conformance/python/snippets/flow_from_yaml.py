# As langchain-serve does it: a Flow from a dictionary, with images that the program has built
from jina import Flow

flow = Flow.load_config(
    {
        'jtype': 'Flow',
        'with': {'name': 'langchain'},
        'gateway': {
            'uses': 'docker://jinawolf/serving-gateway:0.1.0',
            'uses_with': {'modules': ['app']},
            'port': [8080],
            'protocol': ['http'],
            'uvicorn_kwargs': {'ws_ping_interval': None, 'ws_ping_timeout': None},
        },
        'executors': [{'name': 'app', 'uses': 'docker://jinawolf/serving:0.1.0'}],
    }
)
flow.to_kubernetes_yaml(output_base_path='./k8s', k8s_namespace='langchain')
