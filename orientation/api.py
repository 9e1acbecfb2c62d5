"""Read-only doors of the territory: communes by INSEE code, places by what a person types.

Anonymous, because the territory is public; bounded per caller, because a search costs queries.
"""

from dataclasses import asdict

from django.core.cache.backends.locmem import LocMemCache
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, Throttled, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from orientation.models.territory import Commune
from orientation.resolver import Status, commune_by_insee, places_of, resolve_patient_input


class TerritoryThrottle(SimpleRateThrottle):
    """Reads per minute and per address, counted in this process alone."""

    scope = "territory"
    rate = "120/min"
    cache = LocMemCache("territory-throttle", {"OPTIONS": {"MAX_ENTRIES": 10_000}})

    def get_cache_key(self, request, view):
        # Not a forwarding header: anybody may write one. The server in front sets this address.
        return self.cache_format % {"scope": self.scope, "ident": request.META["REMOTE_ADDR"]}


class PlaceSerializer(serializers.Serializer):
    """`orientation.resolver.Place`."""

    code_insee = serializers.CharField(help_text="Code INSEE de la commune ou de l'arrondissement")
    label = serializers.CharField(help_text="Nom affiché, par exemple « Paris 16e »")
    departement_code = serializers.CharField()
    departement_name = serializers.CharField()
    region_code = serializers.CharField()
    postal_codes = serializers.ListField(child=serializers.CharField())
    note = serializers.CharField(help_text="Pourquoi ce lieu est proposé, ou vide")


class ResolutionSerializer(serializers.Serializer):
    """`orientation.resolver.Resolution`."""

    status = serializers.ChoiceField(choices=[status.value for status in Status])
    message = serializers.CharField(help_text="Phrase à montrer à la personne")
    place = PlaceSerializer(allow_null=True)
    choices = PlaceSerializer(many=True)
    total = serializers.IntegerField(help_text="Nombre de lieux possibles, montrés ou non")


class CommuneSerializer(PlaceSerializer):
    """A commune of today, by its present code or by a former one."""

    note = None
    name = serializers.CharField(help_text="Nom officiel")
    kind = serializers.ChoiceField(choices=Commune.Kind.choices)
    parent_code = serializers.CharField(
        allow_null=True, help_text="Commune entière, pour un arrondissement"
    )
    epci_siren = serializers.CharField(allow_null=True)
    population = serializers.IntegerField()
    lat = serializers.FloatField(allow_null=True, help_text="Latitude, en degrés WGS84")
    lon = serializers.FloatField(allow_null=True, help_text="Longitude, en degrés WGS84")
    requested_code = serializers.CharField(help_text="Code demandé, s'il est ancien il diffère")


class ErrorSerializer(serializers.Serializer):
    detail = serializers.CharField(help_text="Phrase en français")


class TerritoryView(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (TerritoryThrottle,)

    def throttled(self, request, wait):
        raise Throttled(wait, detail="Trop de recherches en peu de temps. Attendez une minute.")


class CommuneView(TerritoryView):
    """GET /communes/<code>/: an INSEE code, never a postal code."""

    @extend_schema(
        operation_id="communes_retrieve",
        summary="Une commune par son code INSEE, actuel ou ancien",
        parameters=[
            OpenApiParameter("code_insee", str, OpenApiParameter.PATH, description="Code INSEE")
        ],
        responses={
            200: CommuneSerializer,
            404: OpenApiResponse(ErrorSerializer, description="Code inconnu"),
            429: OpenApiResponse(ErrorSerializer, description="Trop de demandes"),
        },
    )
    def get(self, request, code_insee):
        commune = commune_by_insee(code_insee)
        if commune is None:
            raise NotFound("Aucune commune n'a ce code INSEE.")
        (place,) = places_of([commune])
        data = asdict(place) | {
            "name": commune.name,
            "kind": commune.kind,
            "parent_code": commune.parent_id,
            "epci_siren": commune.epci_id,
            "population": commune.population,
            "lat": commune.lat,
            "lon": commune.lon,
            "requested_code": code_insee,
        }
        return Response(CommuneSerializer(data).data)


class PlaceSearchView(TerritoryView):
    """GET /lieux/?q=: what a patient types; five digits are a postal code."""

    @extend_schema(
        operation_id="lieux_search",
        summary="Les lieux que désigne ce que tape une personne",
        parameters=[
            OpenApiParameter("q", str, required=True, description="Code postal ou nom de commune")
        ],
        responses={
            200: ResolutionSerializer,
            400: OpenApiResponse(ErrorSerializer, description="Rien à chercher"),
            429: OpenApiResponse(ErrorSerializer, description="Trop de demandes"),
        },
    )
    def get(self, request):
        resolution = resolve_patient_input(request.query_params.get("q", ""))
        if resolution.status is Status.EMPTY:
            raise ValidationError({"detail": resolution.message})
        return Response(ResolutionSerializer(asdict(resolution)).data)
