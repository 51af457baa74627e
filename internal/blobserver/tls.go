package blobserver

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"path"
	"path/filepath"
	"time"
)

// TLS creates a certificate for the hosts (names or addresses; loopback is always included) under
// an authority that exists only for this call. It returns a configuration and the file with the
// authority's certificate, which clients must trust. The keys exist only in memory.
func (s *Server) TLS(hosts ...string) (cfg *tls.Config, caFile string, err error) {
	now := time.Now()
	make := func(name string, t *x509.Certificate, parent *x509.Certificate, by *ecdsa.PrivateKey) ([]byte, *ecdsa.PrivateKey, error) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, nil, fmt.Errorf("make key: %w", err)
		}
		t.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
		if err != nil {
			return nil, nil, fmt.Errorf("make certificate: %w", err)
		}
		t.Subject = pkix.Name{CommonName: name}
		t.NotBefore, t.NotAfter = now.Add(-time.Hour), now.AddDate(0, 3, 0)
		t.BasicConstraintsValid = true
		if parent == nil {
			parent, by = t, key
		}
		der, err := x509.CreateCertificate(rand.Reader, t, parent, &key.PublicKey, by)
		if err != nil {
			return nil, nil, fmt.Errorf("make certificate: %w", err)
		}
		return der, key, nil
	}
	ca := &x509.Certificate{IsCA: true, KeyUsage: x509.KeyUsageCertSign, MaxPathLenZero: true}
	caDER, caKey, err := make("local inbox authority", ca, nil, nil)
	if err != nil {
		return nil, "", err
	}
	leaf := &x509.Certificate{
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			leaf.IPAddresses = append(leaf.IPAddresses, ip)
		} else if h != "" {
			leaf.DNSNames = append(leaf.DNSNames, h)
		}
	}
	der, key, err := make("local inbox", leaf, ca, caKey)
	if err != nil {
		return nil, "", err
	}
	file := path.Join(internalDir, "ca.pem")
	if err := s.writeFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caDER}),
		0o644); err != nil {
		return nil, "", fmt.Errorf("write certificate: %w", err)
	}
	cfg = &tls.Config{
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"http/1.1"}, // as the service; a connection can then be reset under one request
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
	}
	if s.cfg.Faults != nil {
		stranger, strangerKey, err := make("nobody",
			&x509.Certificate{DNSNames: leaf.DNSNames, IPAddresses: leaf.IPAddresses}, nil, nil)
		if err != nil {
			return nil, "", err
		}
		untrusted := cfg.Clone()
		untrusted.Certificates = []tls.Certificate{{Certificate: [][]byte{stranger}, PrivateKey: strangerKey}}
		cfg.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
			switch s.cfg.Faults.connect() {
			case "untrusted":
				return untrusted, nil
			case "handshake":
				return nil, errors.New("handshake refused by a fault")
			}
			return nil, nil
		}
	}
	return cfg, filepath.Join(s.cfg.Dir, filepath.FromSlash(file)), nil
}
