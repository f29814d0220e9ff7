"""The deployment of infra/template.yaml on this machine, on an embedded AWS, with an inbox for its mails."""
