"""What DynamoDB and S3 hold, one module per table."""
