"""Letters: transactional mail, planned within limits, and composed when it is sent."""
