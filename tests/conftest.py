"""Settings of every test: a made-up deployment, never the caller's AWS account."""

import os

ACCOUNT = "123456789012"
REGION = "eu-west-1"

os.environ.update(
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    AWS_SESSION_TOKEN="testing",
    AWS_DEFAULT_REGION=REGION,
    AWS_REGION=REGION,
    AWS_EC2_METADATA_DISABLED="true",
    POWERTOOLS_SERVICE_NAME="makegood",
    POWERTOOLS_METRICS_NAMESPACE="Makegood",
    DEVICES_TABLE="Devices",
    RECORDS_TABLE="Records",
    STATE_MACHINE_ARN=f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:Incident",
    SENDER="Makegood <guarantee@provider.example>",
    REPLY_TO="help@provider.example",
    TECHNICIANS="tess@provider.example,tom@provider.example",
    BASE_URL="https://makegood.provider.example",
    CONFIGURATION_SET="makegood",
    LINK_KEYS_ARN="makegood-link-keys",
    STATEMENTS_BUCKET="makegood-statements",
    STATEMENTS_QUEUE_URL=f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/statements",
    DETECTION_SECONDS="180",
)
for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
    os.environ.pop(name, None)

pytest_plugins = ["support.deployment"]
