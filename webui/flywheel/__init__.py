"""The tab that makes training data of what people said of answers; pipelines.flywheel builds the rows."""
