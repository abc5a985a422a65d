/** The values of responseCodeType in schema order (ISO 15118-20, V2G_CI_CommonTypes.xsd): the index is written. */
export const iso20ResponseCodes = [
  'OK',
  'OK_CertificateExpiresSoon',
  'OK_NewSessionEstablished',
  'OK_OldSessionJoined',
  'OK_PowerToleranceConfirmed',
  'WARNING_AuthorizationSelectionInvalid',
  'WARNING_CertificateExpired',
  'WARNING_CertificateNotYetValid',
  'WARNING_CertificateRevoked',
  'WARNING_CertificateValidationError',
  'WARNING_ChallengeInvalid',
  'WARNING_EIMAuthorizationFailure',
  'WARNING_eMSPUnknown',
  'WARNING_EVPowerProfileViolation',
  'WARNING_GeneralPnCAuthorizationError',
  'WARNING_NoCertificateAvailable',
  'WARNING_NoContractMatchingPCIDFound',
  'WARNING_PowerToleranceNotConfirmed',
  'WARNING_ScheduleRenegotiationFailed',
  'WARNING_StandbyNotAllowed',
  'WARNING_WPT',
  'FAILED',
  'FAILED_AssociationError',
  'FAILED_ContactorError',
  'FAILED_EVPowerProfileInvalid',
  'FAILED_EVPowerProfileViolation',
  'FAILED_MeteringSignatureNotValid',
  'FAILED_NoEnergyTransferServiceSelected',
  'FAILED_NoServiceRenegotiationSupported',
  'FAILED_PauseNotAllowed',
  'FAILED_PowerDeliveryNotApplied',
  'FAILED_PowerToleranceNotConfirmed',
  'FAILED_ScheduleRenegotiation',
  'FAILED_ScheduleSelectionInvalid',
  'FAILED_SequenceError',
  'FAILED_ServiceIDInvalid',
  'FAILED_ServiceSelectionInvalid',
  'FAILED_SignatureError',
  'FAILED_UnknownSession',
  'FAILED_WrongChargeParameter',
] as const;

/** One of {@link iso20ResponseCodes}: responseCodeType (ISO 15118-20, V2G_CI_CommonTypes.xsd). */
export type Iso20ResponseCode = (typeof iso20ResponseCodes)[number];

/** The values of processingType in schema order (ISO 15118-20, V2G_CI_CommonTypes.xsd). */
export const evseProcessings = ['Finished', 'Ongoing', 'Ongoing_WaitingForCustomerInteraction'] as const;

/** One of {@link evseProcessings}: processingType (ISO 15118-20, V2G_CI_CommonTypes.xsd). */
export type EvseProcessing = (typeof evseProcessings)[number];

/**
 * The values of ecdhCurveType in schema order (ISO 15118-20, V2G_CI_CommonMessages.xsd): the curve of DHPublicKey.
 */
export const ecdhCurves = ['SECP521', 'X448'] as const;

/** One of {@link ecdhCurves}: ecdhCurveType (ISO 15118-20, V2G_CI_CommonMessages.xsd). */
export type EcdhCurve = (typeof ecdhCurves)[number];

/**
 * Which of the three elements of SignedInstallationDataType (ISO 15118-20, V2G_CI_CommonMessages.xsd) holds the
 * encrypted private key, in the order of their event codes: SECP521_EncryptedPrivateKey, X448_EncryptedPrivateKey,
 * TPM_EncryptedPrivateKey.
 */
export const encryptedKeyKinds = ['SECP521', 'X448', 'TPM'] as const;

/**
 * One of {@link encryptedKeyKinds}, elements of SignedInstallationDataType (ISO 15118-20,
 * V2G_CI_CommonMessages.xsd).
 */
export type EncryptedKeyKind = (typeof encryptedKeyKinds)[number];
