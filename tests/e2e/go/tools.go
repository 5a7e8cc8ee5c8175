//go:build tools

package clients

import _ "github.com/peak/s5cmd/v2"
