"""confluent-kafka: one task a line on stdin, one answer a line on stdout."""

import json
import pathlib
import sys

from confluent_kafka.schema_registry import (
    Schema,
    SchemaReference,
    SchemaRegistryClient,
    header_schema_id_serializer,
)
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory, timestamp_pb2

SHOP = pathlib.Path(__file__).parent.parent / "shop"


def load_messages():
    """The message classes, as generated code has them."""
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
    for file in json.loads((SHOP / "descriptors.json").read_text(encoding="utf-8")):
        pool.Add(json_format.ParseDict(file, descriptor_pb2.FileDescriptorProto()))
    names = ["shop.Order", "shop.Parcel", "shop.Parcel.Label"]
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(name)) for name in names}


MESSAGES = load_messages()


def new_client(task):
    return SchemaRegistryClient({"url": task["url"], "max.retries": 0})


def schema_of(task):
    references = [SchemaReference(one["name"], one["subject"], one["version"]) for one in task["references"]]
    return Schema(task["schema"], task["type"], references)


def register(task):
    return {"id": new_client(task).register_schema(task["subject"], schema_of(task), task.get("normalize", False))}


def is_compatible(task):
    return {"value": new_client(task).test_compatibility(task["subject"], schema_of(task))}


def latest(task):
    found = new_client(task).get_latest_version(task["subject"])
    return {"id": found.schema_id, "version": found.version}


def serialize(task):
    client = new_client(task)
    conf = {"auto.register.schemas": task["how"] == "register", "use.latest.version": task["how"] == "latest"}
    if task["how"] == "stable":
        conf["use.latest.with.metadata"] = {"release": "stable"}
    conf["normalize.schemas"] = task.get("normalize", False)
    if task.get("inHeader"):
        conf["schema.id.serializer"] = header_schema_id_serializer
    value = task["value"]
    if task["type"] == "AVRO":
        serializer = AvroSerializer(client, schema_of(task), conf=conf)
    elif task["type"] == "JSON":
        serializer = JSONSerializer(schema_of(task), client, conf=conf)
    else:
        message = MESSAGES[task["message"]]
        serializer = ProtobufSerializer(message, client, conf)
        value = json_format.ParseDict(value, message())
    headers = {}
    frame = serializer(value, SerializationContext(task["topic"], MessageField.VALUE, headers))
    header = headers.get("__value_schema_id")
    return {"frame": frame.hex(), **({"header": header.hex()} if header else {})}


def deserialize(task):
    client = new_client(task)
    conf = {"use.latest.version": True} if task.get("asLatest") else {}
    if task["type"] == "AVRO":
        deserializer = AvroDeserializer(client, conf=conf)
    elif task["type"] == "JSON":
        deserializer = JSONDeserializer(None, schema_registry_client=client, conf=conf)
    else:
        deserializer = ProtobufDeserializer(MESSAGES[task.get("message", "shop.Order")], conf, client)
    headers = {"__value_schema_id": bytes.fromhex(task["header"])} if "header" in task else {}
    context = SerializationContext(task["topic"], MessageField.VALUE, headers)
    value = deserializer(bytes.fromhex(task["frame"]), context)
    return {"value": json_format.MessageToDict(value) if task["type"] == "PROTOBUF" else value}


TASKS = {
    "register": register,
    "isCompatible": is_compatible,
    "latest": latest,
    "serialize": serialize,
    "deserialize": deserialize,
}


def describe(error):
    described = {"name": type(error).__name__, "message": str(error)}
    if hasattr(error, "http_status_code"):
        described.update(status=error.http_status_code, code=error.error_code)
    return {"error": described}


for line in sys.stdin:
    task = json.loads(line)
    try:
        answer = TASKS[task["do"]](task)
    except Exception as error:  # every error of a client is an answer
        answer = describe(error)
    print(json.dumps(answer), flush=True)
