// Google's own Go libraries, for the test of what they find at the metadata server.
module warden-e2e-google

go 1.23.0

require (
	cloud.google.com/go/compute/metadata v0.7.0
	golang.org/x/oauth2 v0.30.0
)

require golang.org/x/sys v0.33.0 // indirect
