"""Pages of accounts that stand before allauth's own, at the same addresses."""

from django.urls import path

from comptes import factor_views
from comptes.sign_out import SignOut

urlpatterns = [
    path("logout/", SignOut.as_view(), name="account_logout"),
    path("2fa/totp/activate/", factor_views.ActivateTotp.as_view(), name="mfa_activate_totp"),
    path("2fa/totp/deactivate/", factor_views.DeactivateTotp.as_view(), name="mfa_deactivate_totp"),
    path("2fa/webauthn/add/", factor_views.AddSecurityKey.as_view(), name="mfa_add_webauthn"),
    path(
        "2fa/webauthn/keys/<int:pk>/remove/",
        factor_views.RemoveSecurityKey.as_view(),
        name="mfa_remove_webauthn",
    ),
]
