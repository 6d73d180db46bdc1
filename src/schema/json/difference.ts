/** The ways in which one JSON Schema can fail to accept what another one allowed, and Confluent's words for them. */
import type { Incompatibility, Side } from '../language.ts';

/** Confluent's names. Its further kinds of difference are compatible ones, which nobody is told of. */
export type DifferenceType = keyof typeof SENTENCES;

export interface Difference {
  readonly type: DifferenceType;
  /** `#/properties/a`; `#/` for the schema as a whole. Names stand in it as they are, slashes and all (observed). */
  readonly path: string;
  readonly crashesConfluent?: boolean;
}

type Sentence = (path: string, reader: string, writer: string) => string;

const typeDiffers: Sentence = (path, reader, writer) =>
  `A type at path '${path}' is different between the ${reader} schema and the ${writer} schema`;
const keywordAdded: Sentence = (path, reader, writer) =>
  `The keyword at path '${path}' in the ${reader} schema is not present in the ${writer} schema`;
const valueIsMore: Sentence = (path, reader, writer) =>
  `The value at path '${path}' in the ${reader} schema is more than its value in the ${writer} schema`;
const valueIsLess: Sentence = (path, reader, writer) =>
  `The value at path '${path}' in the ${reader} schema is less than its value in the ${writer} schema`;
const valueDiffers: Sentence = (path, reader, writer) =>
  `The value at path '${path}' is different between the ${reader} and ${writer} schema`;
const fewerElements: Sentence = (path, reader, writer) =>
  `An array or combined type at path '${path}' has fewer elements in the ${reader} schema than the ${writer} schema`;
const moreElements: Sentence = (path, reader, writer) =>
  `An array or combined type at path '${path}' has more elements in the ${reader} schema than the ${writer} schema`;
const addedToOpen: Sentence = (path, reader, writer) =>
  `The ${reader} schema has an open content model and has a property or item at path '${path}' which is missing in ` +
  `the ${writer} schema`;
const removedFromClosed: Sentence = (path, reader, writer) =>
  `The ${reader} has a closed content model and is missing a property or item present at path '${path}' in the ` +
  `${writer} schema`;
const addedNotCovered: Sentence = (path, reader, writer) =>
  `The ${reader} schema has a property or item at path '${path}' which is missing in the ${writer} schema and is not ` +
  'covered by its partially open content model';
const removedNotCovered: Sentence = (path, reader, writer) =>
  `A property or item is missing in the ${reader} schema but present at path '${path}' in the ${writer} schema and ` +
  'is not covered by its partially open content model';
const requiredAddedToUnopen: Sentence = (path, reader, writer) =>
  `The ${reader} schema has an unopen content model and has a required property at path '${path}' which is missing ` +
  `in the ${writer} schema`;

const SENTENCES = {
  // Ours: Confluent's stack ends in such schemas, or its patience.
  NOT_COMPARED: () => 'The schemas are nested too deeply, or have too many alternatives, to be compared',
  // Confluent has no words for this one (observed).
  SCHEMA_ADDED: () => '',
  TYPE_CHANGED: typeDiffers,
  TYPE_NARROWED: typeDiffers,
  COMBINED_TYPE_CHANGED: typeDiffers,
  COMBINED_TYPE_SUBSCHEMAS_CHANGED: typeDiffers,
  ENUM_ARRAY_CHANGED: typeDiffers,
  DEPENDENCY_ARRAY_CHANGED: typeDiffers,
  MAX_LENGTH_ADDED: keywordAdded,
  MIN_LENGTH_ADDED: keywordAdded,
  PATTERN_ADDED: keywordAdded,
  MAXIMUM_ADDED: keywordAdded,
  MINIMUM_ADDED: keywordAdded,
  EXCLUSIVE_MAXIMUM_ADDED: keywordAdded,
  EXCLUSIVE_MINIMUM_ADDED: keywordAdded,
  MULTIPLE_OF_ADDED: keywordAdded,
  REQUIRED_ATTRIBUTE_ADDED: keywordAdded,
  MAX_PROPERTIES_ADDED: keywordAdded,
  MIN_PROPERTIES_ADDED: keywordAdded,
  ADDITIONAL_PROPERTIES_REMOVED: keywordAdded,
  DEPENDENCY_ARRAY_ADDED: keywordAdded,
  DEPENDENCY_SCHEMA_ADDED: keywordAdded,
  MAX_ITEMS_ADDED: keywordAdded,
  MIN_ITEMS_ADDED: keywordAdded,
  UNIQUE_ITEMS_ADDED: keywordAdded,
  MAX_CONTAINS_ADDED: keywordAdded,
  MIN_CONTAINS_ADDED: keywordAdded,
  ADDITIONAL_ITEMS_REMOVED: keywordAdded,
  MIN_LENGTH_INCREASED: valueIsMore,
  MINIMUM_INCREASED: valueIsMore,
  EXCLUSIVE_MINIMUM_INCREASED: valueIsMore,
  MULTIPLE_OF_EXPANDED: valueIsMore,
  MIN_PROPERTIES_INCREASED: valueIsMore,
  MIN_ITEMS_INCREASED: valueIsMore,
  MIN_CONTAINS_INCREASED: valueIsMore,
  MAX_LENGTH_DECREASED: valueIsLess,
  MAXIMUM_DECREASED: valueIsLess,
  EXCLUSIVE_MAXIMUM_DECREASED: valueIsLess,
  MAX_PROPERTIES_DECREASED: valueIsLess,
  MAX_ITEMS_DECREASED: valueIsLess,
  MAX_CONTAINS_DECREASED: valueIsLess,
  PATTERN_CHANGED: valueDiffers,
  MULTIPLE_OF_CHANGED: valueDiffers,
  ADDITIONAL_PROPERTIES_NARROWED: fewerElements,
  ADDITIONAL_ITEMS_NARROWED: fewerElements,
  ENUM_ARRAY_NARROWED: fewerElements,
  SUM_TYPE_NARROWED: fewerElements,
  DEPENDENCY_ARRAY_EXTENDED: moreElements,
  PRODUCT_TYPE_EXTENDED: moreElements,
  NOT_TYPE_EXTENDED: moreElements,
  REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL: addedToOpen,
  REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL: addedToOpen,
  OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL: addedToOpen,
  ITEM_ADDED_TO_OPEN_CONTENT_MODEL: addedToOpen,
  PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL: removedFromClosed,
  ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL: removedFromClosed,
  PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL: addedNotCovered,
  ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL: addedNotCovered,
  PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL: removedNotCovered,
  ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL: removedNotCovered,
  REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL: requiredAddedToUnopen,
} satisfies Record<string, Sentence>;

/** A difference as the one whose schema is the candidate is told of it. */
export function describeDifference(difference: Difference, readerSide: Side): Incompatibility {
  const { type, path, crashesConfluent } = difference;
  const sentence: Sentence = SENTENCES[type];
  const description = sentence(path, readerSide, readerSide === 'new' ? 'old' : 'new');
  return {
    errorType: type,
    path,
    description: description === '' ? `A schema at path '${path}' has no counterpart` : description,
    // The odd quotes are Confluent's.
    message: `{errorType:"${type}", description:"${description}'}`,
    ...(crashesConfluent === true ? { crashesConfluent } : {}),
  };
}
