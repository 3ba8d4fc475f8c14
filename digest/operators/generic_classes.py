"""Django's admin and form classes that are generic for the type checker (django-stubs) only.

Here they can be subscripted at run time as well, where the subscript changes nothing.
"""

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin as ModelAdmin
    from django.contrib.admin import TabularInline as TabularInline
    from django.forms import BaseInlineFormSet as BaseInlineFormSet
    from django.forms import ModelForm as ModelForm
else:
    from django import forms
    from django.contrib import admin

    class _Generic:
        def __class_getitem__(cls, parameters: object) -> type[Self]:
            return cls

    class ModelAdmin(_Generic, admin.ModelAdmin):
        pass

    class TabularInline(_Generic, admin.TabularInline):
        pass

    class BaseInlineFormSet(_Generic, forms.BaseInlineFormSet):
        pass

    class ModelForm(_Generic, forms.ModelForm):
        pass
