# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Step 4 of the method: accuracies of generalized zero-shot learning."""
