"""Teachers: who writes the text that experts learn from."""

from distill.teachers.labelling import label_datasets
from distill.teachers.oracle import OracleTeacher
from distill.teachers.teacher import Example, Teacher, TeacherError

__all__ = ["Example", "OracleTeacher", "Teacher", "TeacherError", "label_datasets"]
