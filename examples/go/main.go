// A receiver in Go alone: it hashes the raw bytes, before anything parses them.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
)

const bodyBytesMax = 10 << 20

var (
	secret = []byte(os.Getenv("WEBHOOK_SECRET"))
	seen   sync.Map
)

func receive(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyBytesMax))
	if err != nil {
		answer(w, http.StatusRequestEntityTooLarge, map[string]any{"error": "Too large"})
		return
	}
	if !isSigned(body, r.Header.Get("x-webhook-signature")) {
		answer(w, http.StatusUnauthorized, map[string]any{"error": "Invalid signature"})
		return
	}
	if _, known := seen.LoadOrStore(r.Header.Get("x-webhook-id"), true); known {
		answer(w, http.StatusOK, map[string]any{"success": true, "duplicate": true})
		return
	}
	var told struct{ Event, CallID, Status string }
	if err := json.Unmarshal(body, &told); err != nil {
		answer(w, http.StatusBadRequest, map[string]any{"error": err.Error()})
		return
	}
	fmt.Printf("%s: %s is %s\n", told.Event, told.CallID, told.Status)
	answer(w, http.StatusOK, map[string]any{"success": true})
}

func isSigned(body []byte, signature string) bool {
	given, err := hex.DecodeString(strings.TrimPrefix(signature, "sha256="))
	mac := hmac.New(sha256.New, secret)
	mac.Write(body)
	return err == nil && hmac.Equal(given, mac.Sum(nil))
}

func answer(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("content-type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

func main() {
	if len(secret) == 0 {
		log.Fatal("set WEBHOOK_SECRET to the secret_key of your subscription")
	}
	port := os.Getenv("PORT")
	if port == "" {
		port = "3000"
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/api/webhook", receive)
	fmt.Printf("listening at http://%s/api/webhook\n", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}
