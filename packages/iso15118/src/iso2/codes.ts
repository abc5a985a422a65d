/** The values of responseCodeType in schema order (ISO 15118-2, V2G_CI_MsgDataTypes.xsd): the index is written. */
export const iso2ResponseCodes = [
  'OK',
  'OK_NewSessionEstablished',
  'OK_OldSessionJoined',
  'OK_CertificateExpiresSoon',
  'FAILED',
  'FAILED_SequenceError',
  'FAILED_ServiceIDInvalid',
  'FAILED_UnknownSession',
  'FAILED_ServiceSelectionInvalid',
  'FAILED_PaymentSelectionInvalid',
  'FAILED_CertificateExpired',
  'FAILED_SignatureError',
  'FAILED_NoCertificateAvailable',
  'FAILED_CertChainError',
  'FAILED_ChallengeInvalid',
  'FAILED_ContractCanceled',
  'FAILED_WrongChargeParameter',
  'FAILED_PowerDeliveryNotApplied',
  'FAILED_TariffSelectionInvalid',
  'FAILED_ChargingProfileInvalid',
  'FAILED_MeteringSignatureNotValid',
  'FAILED_NoChargeServiceSelected',
  'FAILED_WrongEnergyTransferMode',
  'FAILED_ContactorError',
  'FAILED_CertificateNotAllowedAtThisEVSE',
  'FAILED_CertificateRevoked',
] as const;

/** One of {@link iso2ResponseCodes}: responseCodeType (ISO 15118-2, V2G_CI_MsgDataTypes.xsd). */
export type Iso2ResponseCode = (typeof iso2ResponseCodes)[number];

/** The values of faultCodeType in schema order (ISO 15118-2, V2G_CI_MsgDataTypes.xsd), spelt as it spells them. */
export const iso2FaultCodes = ['ParsingError', 'NoTLSRootCertificatAvailable', 'UnknownError'] as const;

/** One of {@link iso2FaultCodes}: faultCodeType (ISO 15118-2, V2G_CI_MsgDataTypes.xsd). */
export type Iso2FaultCode = (typeof iso2FaultCodes)[number];
