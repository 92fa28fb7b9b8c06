"""Reads the configuration once, checks it whole, and says where each value came from."""

from ringfence.settings.load import Settings, ShownSetting, home_folder, home_of_process, server_of_process
from ringfence.settings.sections import (
    AccessSection,
    ApiSection,
    EngineSection,
    HistorySection,
    HomeSection,
    LimitsSection,
    RatesSection,
    RulesSection,
    Setting,
    SourceSection,
    TenantSection,
    all_settings,
    settings_of,
)

__all__ = [
    "AccessSection",
    "ApiSection",
    "EngineSection",
    "HistorySection",
    "HomeSection",
    "LimitsSection",
    "RatesSection",
    "RulesSection",
    "Setting",
    "Settings",
    "ShownSetting",
    "SourceSection",
    "TenantSection",
    "all_settings",
    "home_folder",
    "home_of_process",
    "server_of_process",
    "settings_of",
]
