"""The consumer of the tutorial, with one insert before the message goes to its group."""

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from benchmarks.reference.models import Message
from benchmarks.reference.pool import opened_pool

INSERT = (
    "INSERT INTO reference_message (conversation, sender, content, created_at)"
    " VALUES (%s, %s, %s, now()) RETURNING id"
)


class ChatConsumer(AsyncJsonWebsocketConsumer):
    """One person in one conversation. The page has read the history before it opens the socket."""

    async def connect(self):
        route = self.scope["url_route"]["kwargs"]
        self.conversation, self.sender = route["conversation"], route["sender"]
        self.group = f"chat_{self.conversation.hex}"
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code):
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive_json(self, content):
        number = await self.store(content["message"])
        await self.channel_layer.group_send(
            self.group,
            {
                "type": "chat.message",
                "id": number,
                "sender": self.sender,
                "message": content["message"],
            },
        )

    async def chat_message(self, event):
        await self.send_json(
            {"id": event["id"], "sender": event["sender"], "message": event["message"]}
        )

    async def store(self, text):
        """Keep one message; its number."""
        message = await database_sync_to_async(Message.objects.create)(
            conversation=self.conversation, sender=self.sender, content=text
        )
        return message.pk


class TunedConsumer(ChatConsumer):
    """The same, without the ORM and without the one thread that all inserts share."""

    async def store(self, text):
        pool = await opened_pool()
        async with pool.connection() as connection:
            row = await connection.execute(INSERT, [self.conversation, self.sender, text])
            return (await row.fetchone())[0]
