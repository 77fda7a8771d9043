"""Every metric of mundap eval."""
