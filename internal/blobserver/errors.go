package blobserver

import (
	"encoding/xml"
	"net/http"
	"strconv"
)

// apiError is an answer that is not success: the service's code with its status, sentence and
// details.
type apiError struct {
	status  int
	code    string
	message string
	detail  string      // AuthenticationErrorDetail
	fields  [][2]string // further elements of the body, such as HeaderName
	header  http.Header // further headers of the answer; may be nil
}

// Error returns the code; nothing of the request is in it.
func (e *apiError) Error() string { return e.code }

// known holds the status and sentence of every code that this server or a fault script can send,
// from the service's documentation (rest/api/storageservices/common-rest-api-error-codes and
// blob-service-error-codes).
var known = map[string]struct {
	status  int
	message string
}{
	"AccountBeingCreated":                         {503, "The specified account is in the process of being created."},
	"AccountIsDisabled":                           {403, "The specified account is disabled."},
	"AccountRequiresHttps":                        {400, "The account being accessed does not support http."},
	"AuthenticationFailed":                        {403, "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature."},
	"AuthorizationFailure":                        {403, "This request is not authorized to perform this operation."},
	"AuthorizationPermissionMismatch":             {403, "This request is not authorized to perform this operation using this permission."},
	"AuthorizationProtocolMismatch":               {403, "This request is not authorized to perform this operation using this protocol."},
	"AuthorizationResourceTypeMismatch":           {403, "This request is not authorized to perform this operation using this resource type."},
	"AuthorizationServiceMismatch":                {403, "This request is not authorized to perform this operation using this service."},
	"AuthorizationSourceIPMismatch":               {403, "This request is not authorized to perform this operation using this source IP."},
	"BlobAlreadyExists":                           {409, "The specified blob already exists."},
	"BlobArchived":                                {409, "This operation is not permitted on an archived blob."},
	"BlobBeingRehydrated":                         {409, "This operation is not permitted because the blob is being rehydrated."},
	"BlobImmutableDueToPolicy":                    {409, "This operation is not permitted as the blob is immutable due to a policy."},
	"BlobModifiedWhileReading":                    {409, "The blob has been modified while being read."},
	"BlobNotFound":                                {404, "The specified blob does not exist."},
	"BlobOperationNotSupported":                   {409, "The operation is not supported for a blob that was written through another interface."},
	"BlockCountExceedsLimit":                      {409, "The uncommitted block count cannot exceed the maximum limit of 100,000 blocks."},
	"BlockListTooLong":                            {400, "The block list may not contain more than 50,000 blocks."},
	"ConditionNotMet":                             {412, "The condition specified using HTTP conditional header(s) is not met."},
	"ContainerAlreadyExists":                      {409, "The specified container already exists."},
	"ContainerBeingDeleted":                       {409, "The specified container is being deleted. Try operation later."},
	"ContainerDisabled":                           {409, "The specified container has been disabled by the administrator."},
	"ContainerNotFound":                           {404, "The specified container does not exist."},
	"Crc64Mismatch":                               {400, "The CRC64 value specified in the request did not match with the CRC64 value calculated by the server."},
	"FeatureVersionMismatch":                      {409, "The operation for this feature is not supported with this version."},
	"InsufficientAccountPermissions":              {403, "The account being accessed does not have sufficient permissions to execute this operation."},
	"InternalError":                               {500, "Server encountered an internal error. Please try again after some time."},
	"InvalidAuthenticationInfo":                   {400, "The authentication information was not provided in the correct format."},
	"InvalidBlobOrBlock":                          {400, "The specified blob or block content is invalid."},
	"InvalidBlobType":                             {409, "The blob type is invalid for this operation."},
	"InvalidBlockList":                            {400, "The specified block list is invalid."},
	"InvalidHeaderValue":                          {400, "The value for one of the HTTP headers is not in the correct format."},
	"InvalidInput":                                {400, "One of the request inputs is not valid."},
	"InvalidMd5":                                  {400, "The MD5 value specified in the request is invalid. MD5 value must be 128 bits and base64 encoded."},
	"InvalidMetadata":                             {400, "The metadata specified is invalid. It has characters that are not permitted."},
	"InvalidQueryParameterValue":                  {400, "Value for one of the query parameters specified in the request URI is invalid."},
	"InvalidRange":                                {416, "The range specified is invalid for the current size of the resource."},
	"InvalidResourceName":                         {400, "The specified resource name contains invalid characters."},
	"InvalidUri":                                  {400, "The requested URI does not represent any resource on the server."},
	"InvalidXmlDocument":                          {400, "XML specified is not syntactically valid."},
	"InvalidXmlNodeValue":                         {400, "The value for one of the XML nodes is not in the correct format."},
	"KeyBasedAuthenticationNotPermitted":          {403, "Key based authentication is not permitted on this storage account."},
	"LeaseIdMissing":                              {412, "There is currently a lease on the blob and no lease ID was specified in the request."},
	"Md5Mismatch":                                 {400, "The MD5 value specified in the request did not match with the MD5 value calculated by the server."},
	"MetadataTooLarge":                            {400, "The metadata specified exceeds the maximum permitted limit."},
	"MissingContentLengthHeader":                  {411, "The content length header is required for this operation."},
	"MissingRequiredHeader":                       {400, "An HTTP header that's mandatory for this request is not specified."},
	"MissingRequiredQueryParameter":               {400, "A query parameter that's mandatory for this request is not specified."},
	"NoAuthenticationInformation":                 {401, "Server failed to authenticate the request. Please refer to the information in the www-authenticate header."},
	"NotImplemented":                              {501, "The requested operation is not implemented on the specified resource."},
	"OperationTimedOut":                           {500, "Operation could not be completed within the specified time."},
	"OutOfRangeInput":                             {400, "One of the request inputs is out of range."},
	"OutOfRangeQueryParameterValue":               {400, "One of the query parameters specified in the request URI is outside the permissible range."},
	"PathConflict":                                {409, "The specified path, or an element of the path, exists and its resource type is invalid for this operation."},
	"PendingCopyOperation":                        {409, "There is currently a pending copy operation."},
	"PublicAccessNotPermitted":                    {409, "Public access is not permitted on this storage account."},
	"RequestBodyTooLarge":                         {413, "The request body is too large and exceeds the maximum permissible limit."},
	"RequestForbiddenByContainerEncryptionPolicy": {403, "This request is forbidden by the container encryption policy."},
	"RequestUrlFailedToParse":                     {400, "The url in the request could not be parsed."},
	"ResourceNotFound":                            {404, "The specified resource does not exist."},
	"ResourceTypeMismatch":                        {409, "The specified resource type does not match the type of the existing resource."},
	"ServerBusy":                                  {503, "The server is busy."},
	"SystemInUse":                                 {409, "The specified blob is in use by the system."},
	"TargetConditionNotMet":                       {412, "The target condition specified using HTTP conditional header(s) is not met."},
	"UnauthorizedBlobOverwrite":                   {403, "This request is not authorized to perform blob overwrites."},
	"UnsupportedHeader":                           {400, "One of the HTTP headers specified in the request is not supported."},
	"UnsupportedHttpVerb":                         {405, "The resource doesn't support specified Http Verb."},
}

// fail returns the error of a known code; an unknown one is a defect and becomes InternalError.
func fail(code string) *apiError {
	k, ok := known[code]
	if !ok {
		k = known["InternalError"]
	}
	return &apiError{status: k.status, code: code, message: k.message}
}

// denied is AuthenticationFailed with the detail that only the body carries.
func denied(detail string) *apiError {
	e := fail("AuthenticationFailed")
	e.detail = detail
	return e
}

// badHeader names the header that was refused, as the service does.
func badHeader(name, value string) *apiError {
	e := fail("InvalidHeaderValue")
	e.fields = [][2]string{{"HeaderName", name}, {"HeaderValue", value}}
	return e
}

// badParameter names the query parameter that was refused. The value is not repeated: it could be a
// secret.
func badParameter(name, reason string) *apiError {
	e := fail("InvalidQueryParameterValue")
	e.fields = [][2]string{{"QueryParameterName", name}, {"Reason", reason}}
	return e
}

// bodyOf renders the error as the service's XML.
func (e *apiError) bodyOf(message string) []byte {
	type element struct {
		XMLName xml.Name
		Text    string `xml:",chardata"`
	}
	doc := struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
		More    []element
	}{Code: e.code, Message: message}
	if e.detail != "" {
		doc.More = append(doc.More, element{xml.Name{Local: "AuthenticationErrorDetail"}, e.detail})
	}
	for _, f := range e.fields {
		doc.More = append(doc.More, element{xml.Name{Local: f[0]}, f[1]})
	}
	out, err := xml.Marshal(doc)
	if err != nil { // invalid UTF-8 is replaced by the encoder, so nothing above can fail
		return nil
	}
	return append([]byte(xml.Header), out...)
}

// refuse sends e. An answer to HEAD, and 304, have headers only.
func (x *exchange) refuse(e *apiError) {
	h := x.w.Header()
	for k, v := range e.header {
		h[k] = v
	}
	h.Set("x-ms-error-code", e.code)
	if x.r.Method == http.MethodHead || e.status == http.StatusNotModified {
		x.status, x.code = e.status, e.code
		x.w.WriteHeader(e.status)
		return
	}
	body := e.bodyOf(e.message + "\nRequestId:" + h.Get("x-ms-request-id") + "\nTime:" +
		x.now().UTC().Format("2006-01-02T15:04:05.0000000Z"))
	h.Set("Content-Type", "application/xml")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	x.status, x.code = e.status, e.code
	x.w.WriteHeader(e.status)
	_, _ = x.w.Write(body) // the client may be gone; there is nobody else to tell
}
