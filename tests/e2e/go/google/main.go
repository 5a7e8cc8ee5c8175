// Prints what Google's own Go libraries find without being told: the metadata server's word on where they run, and a token for the default credentials.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"

	"cloud.google.com/go/compute/metadata"
	"golang.org/x/oauth2/google"
)

func main() {
	ctx := context.Background()
	project, _ := metadata.ProjectIDWithContext(ctx)
	number, _ := metadata.NumericProjectIDWithContext(ctx)
	email, _ := metadata.EmailWithContext(ctx, "default")
	found, err := google.FindDefaultCredentials(ctx, "https://www.googleapis.com/auth/cloud-platform")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	token, err := found.TokenSource.Token()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	request, _ := http.NewRequest("GET", "https://storage.googleapis.com/storage/v1/b?project="+project, nil)
	token.SetAuthHeader(request)
	status := "no answer"
	if answer, err := http.DefaultClient.Do(request); err == nil {
		_, _ = io.Copy(io.Discard, answer.Body)
		status = answer.Status
	}
	_ = json.NewEncoder(os.Stdout).Encode([]any{metadata.OnGCE(), project, number, email, token.AccessToken, token.Expiry.IsZero(), status})
}
