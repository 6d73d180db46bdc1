/**
 * The files that Confluent's registry knows without a reference. Google's own come as descriptors; of the others this
 * tells what names they define, with fields and numbers.
 */
import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt';
import {
  file_google_protobuf_any,
  file_google_protobuf_api,
  file_google_protobuf_descriptor,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_field_mask,
  file_google_protobuf_source_context,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_type,
  file_google_protobuf_wrappers,
} from '@bufbuild/protobuf/wkt';
import type { ProtoFile } from './elements.ts';
import { fileFromDescriptor } from './from-descriptor.ts';
import { parseProto } from './parse-proto.ts';

const DESCRIPTORS: readonly { readonly proto: FileDescriptorProto }[] = [
  file_google_protobuf_any,
  file_google_protobuf_api,
  file_google_protobuf_descriptor,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_field_mask,
  file_google_protobuf_source_context,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_type,
  file_google_protobuf_wrappers,
];

/** Bodies of package google.type, by the file's name in google/type. */
const GOOGLE_TYPE: Readonly<Record<string, string>> = {
  calendar_period:
    'enum CalendarPeriod { CALENDAR_PERIOD_UNSPECIFIED = 0; DAY = 1; WEEK = 2; FORTNIGHT = 3; MONTH = 4; ' +
    'QUARTER = 5; HALF = 6; YEAR = 7; }',
  color:
    'import "google/protobuf/wrappers.proto"; ' +
    'message Color { float red = 1; float green = 2; float blue = 3; google.protobuf.FloatValue alpha = 4; }',
  date: 'message Date { int32 year = 1; int32 month = 2; int32 day = 3; }',
  datetime:
    'import "google/protobuf/duration.proto"; ' +
    'message DateTime { int32 year = 1; int32 month = 2; int32 day = 3; int32 hours = 4; int32 minutes = 5; ' +
    'int32 seconds = 6; int32 nanos = 7; ' +
    'oneof time_offset { google.protobuf.Duration utc_offset = 8; TimeZone time_zone = 9; } } ' +
    'message TimeZone { string id = 1; string version = 2; }',
  dayofweek:
    'enum DayOfWeek { DAY_OF_WEEK_UNSPECIFIED = 0; MONDAY = 1; TUESDAY = 2; WEDNESDAY = 3; THURSDAY = 4; FRIDAY = 5; ' +
    'SATURDAY = 6; SUNDAY = 7; }',
  decimal: 'message Decimal { string value = 1; }',
  expr: 'message Expr { string expression = 1; string title = 2; string description = 3; string location = 4; }',
  fraction: 'message Fraction { int64 numerator = 1; int64 denominator = 2; }',
  interval:
    'import "google/protobuf/timestamp.proto"; ' +
    'message Interval { google.protobuf.Timestamp start_time = 1; google.protobuf.Timestamp end_time = 2; }',
  latlng: 'message LatLng { double latitude = 1; double longitude = 2; }',
  money: 'message Money { string currency_code = 1; int64 units = 2; int32 nanos = 3; }',
  month:
    'enum Month { MONTH_UNSPECIFIED = 0; JANUARY = 1; FEBRUARY = 2; MARCH = 3; APRIL = 4; MAY = 5; JUNE = 6; ' +
    'JULY = 7; AUGUST = 8; SEPTEMBER = 9; OCTOBER = 10; NOVEMBER = 11; DECEMBER = 12; }',
  phone_number:
    'message PhoneNumber { oneof kind { string e164_number = 1; ShortCode short_code = 2; } string extension = 3; ' +
    'message ShortCode { string region_code = 1; string number = 2; } }',
  postal_address:
    'message PostalAddress { int32 revision = 1; string region_code = 2; string language_code = 3; ' +
    'string postal_code = 4; string sorting_code = 5; string administrative_area = 6; string locality = 7; ' +
    'string sublocality = 8; repeated string address_lines = 9; repeated string recipients = 10; ' +
    'string organization = 11; }',
  quaternion: 'message Quaternion { double x = 1; double y = 2; double z = 3; double w = 4; }',
  timeofday: 'message TimeOfDay { int32 hours = 1; int32 minutes = 2; int32 seconds = 3; int32 nanos = 4; }',
};

/** Confluent's own: number 1088 carries documentation, parameters and tags on every kind of declaration. */
const CONFLUENT: Readonly<Record<string, string>> = {
  'confluent/meta.proto':
    'syntax = "proto3"; package confluent; import "google/protobuf/descriptor.proto"; ' +
    'message Meta { string doc = 1; map<string, string> params = 2; repeated string tags = 3; } ' +
    'extend google.protobuf.FileOptions { Meta file_meta = 1088; } ' +
    'extend google.protobuf.MessageOptions { Meta message_meta = 1088; } ' +
    'extend google.protobuf.FieldOptions { Meta field_meta = 1088; } ' +
    'extend google.protobuf.EnumOptions { Meta enum_meta = 1088; } ' +
    'extend google.protobuf.EnumValueOptions { Meta enum_value_meta = 1088; }',
  'confluent/type/decimal.proto':
    'syntax = "proto3"; package confluent.type; ' +
    'message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; }',
};

let known: ReadonlyMap<string, ProtoFile> | undefined;

/** The files by the name that imports use. */
export function knownFiles(): ReadonlyMap<string, ProtoFile> {
  known ??= new Map([
    // Descriptors have their names without the ending.
    ...DESCRIPTORS.map(({ proto }): [string, ProtoFile] => [
      proto.name.endsWith('.proto') ? proto.name : `${proto.name}.proto`,
      fileFromDescriptor(proto),
    ]),
    ...Object.entries(GOOGLE_TYPE).map(([name, body]): [string, ProtoFile] => [
      `google/type/${name}.proto`,
      parseProto(`syntax = "proto3"; package google.type; ${body}`),
    ]),
    ...Object.entries(CONFLUENT).map(([name, text]): [string, ProtoFile] => [name, parseProto(text)]),
  ]);
  return known;
}
