"""The pages of a subscription: joining, what one gets, what a link of a mail may change."""
